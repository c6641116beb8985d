"""Active learning with a Hugging Face Trainer: logits from ``predict``, embeddings and the last layer from the model.

The model is a tiny BERT with random weights and whole words as tokens, so that nothing is downloaded; for your own take
``AutoModelForSequenceClassification.from_pretrained`` and its tokenizer.
"""

import contextlib
import tempfile

import numpy as np
import torch
import transformers
from torch.utils.data import Dataset, Subset

import albench

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
rng = np.random.default_rng(0)
WORDS = [["pain", "weak", "numb", "fall"], ["invoice", "price", "order", "ship"], ["goal", "team", "win", "match"]]
COMMON = ["the", "a", "was", "is", "of", "and", "today"]
VOCABULARY = {word: at for at, word in enumerate(["[PAD]", *COMMON, *WORDS[0], *WORDS[1], *WORDS[2]])}


class Sentences(Dataset):
    """Eight words each, of which one or two say what it is about."""

    def __init__(self, n: int) -> None:
        self.y = rng.integers(3, size=n)
        words = [[*rng.choice(WORDS[c], rng.integers(1, 3)), *rng.choice(COMMON, 8)][:8] for c in self.y]
        self.ids = torch.tensor([[VOCABULARY[word] for word in rng.permutation(line)] for line in words])

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, at: int) -> dict[str, torch.Tensor]:
        return {"input_ids": self.ids[at], "labels": torch.tensor(self.y[at])}


train, test = Sentences(600), Sentences(200)
config = transformers.BertConfig(
    vocab_size=len(VOCABULARY), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
    num_labels=3,
)  # fmt: skip
query = albench.Query("badge", seed=0)
bought = rng.choice(len(train), 12, replace=False)
for _ in range(3):
    with tempfile.TemporaryDirectory() as folder:
        options = transformers.TrainingArguments(
            folder, num_train_epochs=30, learning_rate=3e-3, per_device_train_batch_size=16, save_strategy="no",
            logging_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True, seed=0,
        )  # fmt: skip
        transformers.set_seed(0)
        model = transformers.BertForSequenceClassification(config)
        trainer = transformers.Trainer(model, options, train_dataset=Subset(train, bought.tolist()))
        with contextlib.redirect_stdout(None):
            trainer.train()
        predicted = trainer.predict(test)
        pool = np.setdiff1d(np.arange(len(train)), bought)
        logits = trainer.predict(Subset(train, pool.tolist())).predictions
    print(f"{len(bought)} labels: accuracy {(predicted.predictions.argmax(1) == test.y).mean():.3f}")
    with torch.no_grad():  # what the last layer reads; in blocks where the pool is large
        embeddings = model.eval().bert(train.ids[pool]).pooler_output
    picks = query.query(12, logits=logits, embeddings=embeddings)
    bought = np.concatenate([bought, pool[picks]])
