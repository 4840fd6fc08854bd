"""Finds known drawings in the pixels of a picture, names their colours, compares their places. Knows no scene."""
