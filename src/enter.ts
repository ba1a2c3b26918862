/** Runs the supervisor when started as root, else the server. Only the modules of the one that runs are loaded. */
export async function enter(): Promise<void> {
  if (process.getuid?.() !== 0) {
    const { serve } = await import('./serve.js');
    return serve();
  }
  const { supervise } = await import('./supervisor/supervisor.js');
  await supervise().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Millrace could not start: ${message}\n`);
    process.exit(1);
  });
}
