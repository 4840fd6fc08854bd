"""Open-weight models on this machine, by Hugging Face's diffusers, in a process of their own."""
