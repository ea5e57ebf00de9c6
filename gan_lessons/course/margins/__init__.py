"""How far each claim and each check of an exercise stands from the end of its band."""
