/** One question for all who ask it while it is being answered. */
export class Shared<T> {
  private asked: Promise<T> | undefined;

  constructor(private readonly find: () => Promise<T>) {}

  ask(): Promise<T> {
    return (this.asked ??= this.find().finally(() => (this.asked = undefined)));
  }
}
