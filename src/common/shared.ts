/** Shares one pending look-up among all callers that ask while it is under way. */
export class Shared<T> {
  private pending: Promise<T> | undefined;

  constructor(private readonly find: () => Promise<T>) {}

  ask(): Promise<T> {
    return (this.pending ??= this.find().finally(() => (this.pending = undefined)));
  }
}
