import { parentPort, workerData } from 'node:worker_threads';
import { isMap, isNode, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

/** What the thread has read, or the first fault of the text. */
export interface YamlResponse {
  fault?: { line: number; issue: string };
  /** The fields of the document but `tasks`; undefined when it is a list. */
  fields?: Record<string, unknown>;
  tasks?: { line: number; json: string }[];
}

/** The most characters of all tasks as JSON: aliases repeat what they stand for. */
const mostCharacters = 16 * 1024 * 1024;

/** An alias stands for its anchor's value; nested ones grow by powers. */
const mostAliases = 100;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(read(String(workerData)));

function read(text: string): YamlResponse {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineOf = (node: unknown) =>
    isNode(node) && node.range ? Math.max(1, lines.linePos(node.range[0]).line) : 1;
  const [error] = document.errors;
  if (error) return { fault: { line: lines.linePos(error.pos[0]).line, issue: error.message } };
  const plain = (node: Node | null) => node?.toJS(document, { maxAliasCount: mostAliases });
  try {
    const { contents } = document;
    const list = isMap(contents) ? contents.get('tasks', true) : contents;
    let characters = 0;
    const tasks = isSeq(list)
      ? list.items.map((item) => {
          const json = JSON.stringify(plain(item as Node) ?? null);
          characters += json.length;
          if (characters > mostCharacters) throw new Error('The aliases make it too large');
          return { line: lineOf(item), json };
        })
      : undefined;
    const fields: Record<string, unknown> = {};
    if (isMap(contents))
      for (const { key, value } of contents.items) {
        const name = String(key);
        if (name !== 'tasks' || tasks === undefined) fields[name] = plain(value as Node | null);
      }
    return { ...(isMap(contents) ? { fields } : {}), ...(tasks ? { tasks } : {}) };
  } catch (error) {
    return { fault: { line: 1, issue: (error as Error).message } };
  }
}
