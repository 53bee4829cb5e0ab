@rem npm's scripts say `exec` so that a signal to npm reaches the program and not a shell: cmd.exe, which has none, finds this.
@%*
