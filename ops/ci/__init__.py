"""What the workflows run: the comment on a pull request, the reviewers, the lunch's clock."""
