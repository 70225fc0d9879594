"""Answers over HTTP: a bundle behind FastAPI, batched, bounded, drained."""

from evenhand.serve.server import Options, serve

__all__ = ["Options", "serve"]
