"""The stand-in for pulumi-random: RandomUuid."""
