import type { Result, Router } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';

/** Hono's router for routes like ours, which remembers what it found: callers ask for a few paths, many times each. */
export class RememberingRouter<T> implements Router<T> {
  readonly name = 'RememberingRouter';
  readonly #trie = new TrieRouter<T>();
  readonly #found = new Map<string, Result<T>>();

  add(method: string, path: string, handler: T): void {
    this.#trie.add(method, path, handler);
    this.#found.clear();
  }

  match(method: string, path: string): Result<T> {
    const asked = `${method} ${path}`;
    const known = this.#found.get(asked);
    if (known) return known;
    const found = this.#trie.match(method, path);
    if (asked.length > longest) return found;
    if (this.#found.size >= max) this.#found.clear();
    this.#found.set(asked, found);
    return found;
  }
}

/** Paths with ids are asked for once each, and push others out seldom enough. */
const max = 1_000;
const longest = 200;
