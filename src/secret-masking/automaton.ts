/** The number of bytes added, or of states linked, between two yields of `build`: about a millisecond. */
const statesAtOnce = 4_096;

/**
 * Finds many byte strings in one pass (Aho and Corasick, 1975): a trie whose states have failure links to the state of their longest
 * suffix. The steps are bounded by the length of the text, whatever the strings are. The children of a state are a linked list and not a
 * table of 256, so that a state takes 21 bytes and not a kilobyte.
 */
export class Automaton {
  /** The state after the first byte of a text, by that byte. */
  readonly root = new Int32Array(256);
  /** The first child of a state, 0 for none. */
  readonly child: Int32Array;
  /** The next child of the same parent, 0 for none. */
  readonly sibling: Int32Array;
  /** The byte that leads into a state. */
  readonly label: Uint8Array;
  /** The failure link: the state of the longest proper suffix. */
  readonly fail: Int32Array;
  /** The depth of a state: the number of recent bytes that may be the beginning of a string. */
  readonly depth: Int32Array;
  /** The length of the longest string that ends in a state, 0 for none. */
  readonly match: Int32Array;
  /** The length of the longest string. */
  readonly longest: number;

  /** @param strings not empty; `build` must get the same ones */
  constructor(strings: readonly Uint8Array[]) {
    this.longest = strings.reduce((most, { length }) => Math.max(most, length), 0);
    const states = 1 + strings.reduce((sum, { length }) => sum + length, 0);
    this.child = new Int32Array(states);
    this.sibling = new Int32Array(states);
    this.label = new Uint8Array(states);
    this.fail = new Int32Array(states);
    this.depth = new Int32Array(states);
    this.match = new Int32Array(states);
  }

  /** Builds the automaton. It must be run to its end before a search, and yields often, so that other work can run in between. */
  *build(strings: readonly Uint8Array[]): Generator<undefined, void> {
    let used = 1;
    let taken = 0;
    for (const string of strings) {
      let state = 0;
      for (const byte of string) {
        let next = this.childOf(state, byte);
        if (next === 0) {
          next = used;
          used += 1;
          this.label[next] = byte;
          this.depth[next] = this.depth[state]! + 1;
          this.sibling[next] = this.child[state]!;
          this.child[state] = next;
          if (state === 0) this.root[byte] = next;
        }
        state = next;
        taken += 1;
        if (taken % statesAtOnce === 0) yield;
      }
      this.match[state] = string.length;
    }
    yield* this.link(used);
  }

  /** Returns the next state for a byte. */
  step(from: number, byte: number): number {
    let state = from;
    while (state !== 0) {
      const next = this.childOf(state, byte);
      if (next !== 0) return next;
      state = this.fail[state]!;
    }
    return this.root[byte]!;
  }

  private childOf(state: number, byte: number): number {
    let next = this.child[state]!;
    while (next !== 0 && this.label[next] !== byte) next = this.sibling[next]!;
    return next;
  }

  /** Sets the failure links, from shallow states to deep ones. */
  private *link(used: number): Generator<undefined, void> {
    const queue = new Int32Array(used);
    let end = 0;
    for (let first = this.child[0]!; first !== 0; first = this.sibling[first]!) queue[end++] = first;
    for (let at = 0; at < end; at += 1) {
      if (at % statesAtOnce === statesAtOnce - 1) yield;
      const state = queue[at]!;
      for (let next = this.child[state]!; next !== 0; next = this.sibling[next]!) {
        queue[end++] = next;
        const suffix = this.step(this.fail[state]!, this.label[next]!);
        this.fail[next] = suffix;
        if (this.match[next] === 0) this.match[next] = this.match[suffix]!;
      }
    }
  }
}
