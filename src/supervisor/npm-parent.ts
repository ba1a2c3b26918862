const lookMs = 1_000;

/**
 * Calls back once npm has gone, if npm started this process: npm dies of SIGHUP and SIGKILL without a word to its script, which
 * would go on as an orphan that nobody knows of. A process that was started in another way may outlive who started it.
 */
export function onNpmGone(gone: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const npm = process.ppid;
  const looks = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(looks);
    gone();
  }, lookMs);
  looks.unref();
}
