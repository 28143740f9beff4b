"""What methods are made of: the port that all fulfil, and three ways to decide."""
