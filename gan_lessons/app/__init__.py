"""The style explorer as an app for people who have no notebook."""
