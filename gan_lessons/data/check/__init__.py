"""What looks through a learner's folder before a training does."""
