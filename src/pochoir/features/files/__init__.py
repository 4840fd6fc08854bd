"""Files that programs send to be used later, and files that batches write."""
