"""What a model is read from: GGUF files, folders, hubs; its weights, tokenizer and chat template."""
