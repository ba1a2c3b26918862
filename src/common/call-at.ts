/** The longest delay of a timer in ms; one that is set for longer fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls back at a moment, however far away: a timer of Node that is set for more than 24.8 days fires at once. The timer does not keep
 * the process alive.
 * @returns cancels the call
 */
export function callAt(moment: Date, work: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const left = moment.getTime() - Date.now();
    timer = setTimeout(left > longestTimerMs ? wait : work, Math.min(left, longestTimerMs)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
