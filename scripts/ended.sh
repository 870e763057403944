# Sourced when the shell of a job ends: what its log cannot say, as the job was killed or the disk full.
case $? in
134 | 137 | 139)
    echo "A job was killed, as when memory runs out. If that happens again, run fewer at a time:" \
        "make study CORES=1, or snakemake --cores 1" >&2
    ;;
28) echo "A job found the disk full: free some space and run again" >&2 ;;
esac
