//! What the policies of whoever calls allow.
