"""Taking over what somebody deployed by hand, as the article says."""
