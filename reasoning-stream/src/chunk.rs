//! What one event of an upstream says.
