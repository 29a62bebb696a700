"""Stand-ins for the released provider plugins: as strict, and speaking the same protocols on both sides."""
