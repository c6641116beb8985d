"""One round's training and what is measured after it: batches, steps, seeds side by side, evaluation."""
