"""What is printed, sent, sealed and kept: notices, their delivery, archive packages."""
