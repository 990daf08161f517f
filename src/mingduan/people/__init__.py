"""Who people are, which offices they hold, and whom they are close to."""
