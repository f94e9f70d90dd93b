//! No code. The manifest asks for the features that the whole workspace asks for: scripts/unify-features.py.
