/** A promise and the means to settle it. `Promise.withResolvers` came with Node 22; we run on 20. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever waits sees a rejection; that nobody waits is no fault.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
