/** A promise with its resolve and reject functions. `Promise.withResolvers` needs Node 22, and Node 20 is supported. */
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
  // Avoids an unhandled rejection when nobody awaits the promise.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
