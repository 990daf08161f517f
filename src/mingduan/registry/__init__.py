"""Enterprises, their certificates and the public register: what decisions of the qualification procedures come to."""
