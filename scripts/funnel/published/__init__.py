"""The published study beside a study of the same data."""
