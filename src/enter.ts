/** Runs what this process is for: as root it supervises, else it serves. Each is loaded only where it is needed. */
export async function enter(): Promise<void> {
  if (process.getuid?.() !== 0) {
    await import('./serve.js');
    return;
  }
  const { supervise } = await import('./supervisor/supervisor.js');
  await supervise().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Millrace could not start: ${message}\n`);
    process.exit(1);
  });
}
