"""What a run on a machine or a cluster needs: staleness, locks, Slurm, resources."""
