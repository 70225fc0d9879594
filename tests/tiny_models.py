"""Random language models of a few thousand weights, saved as folders that transformers reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
)

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<mask>")


def masked_model(folder: Path, words: Sequence[str], *, positions: int = 64) -> Path:
    """Save a one-layer BERT that fills ``<mask>``, with a token for each of ``words``."""
    _save_tokenizer(folder, words, start="<s>")
    with torch.random.fork_rng():
        torch.manual_seed(3)
        config = BertConfig(
            vocab_size=len(SPECIAL) + len(words),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=positions,
            pad_token_id=0,
            initializer_range=0.5,
        )
        BertForMaskedLM(config).save_pretrained(folder)
    return folder


def translation_model(
    folder: Path, words: Sequence[str], *, seed: int, positions: int = 64
) -> Path:
    """Save a BART with one layer on each side, with a token for each of ``words``."""
    _save_tokenizer(folder, words, start=None)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = BartConfig(
            vocab_size=len(SPECIAL) + len(words),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
            max_position_embeddings=positions,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=2,
            forced_eos_token_id=None,
            init_std=0.5,
        )
        BartForConditionalGeneration(config).save_pretrained(folder)
    return folder


def _save_tokenizer(folder: Path, words: Sequence[str], *, start: str | None) -> None:
    vocabulary = {token: i for i, token in enumerate((*SPECIAL, *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A </s>" if start else "$A </s>",
        special_tokens=[(token, vocabulary[token]) for token in ("<s>", "</s>")],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
