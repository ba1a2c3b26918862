const pollMs = 1_000;

/**
 * Calls back when npm has exited, if npm started this process. npm does not forward SIGHUP and cannot forward SIGKILL to its script, which
 * would go on unnoticed as an orphan. A process that was started in another way may outlive its parent.
 */
export function onNpmExit(listener: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const npm = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(poll);
    listener();
  }, pollMs);
  poll.unref();
}
