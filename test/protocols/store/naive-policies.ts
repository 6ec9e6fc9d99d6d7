/**
 * The policies once more, as plain as they can be written: lists of entries that are searched and filtered, no slots, nothing shared
 * with `protocols/store`. Each is a whole one-tier cache: `access` says whether it was a hit.
 */
export interface NaiveCache {
  access(id: number, size: number): boolean;
  ids(): number[];
}

interface Entry {
  readonly id: number;
  readonly size: number;
}

const total = (entries: readonly Entry[]): number => entries.reduce((sum, { size }) => sum + size, 0);
const find = (entries: readonly Entry[], id: number): number => entries.findIndex((entry) => entry.id === id);

/** Takes an entry out of the first list that has it. */
function take(lists: readonly Entry[][], id: number): Entry | undefined {
  for (const list of lists) {
    const at = find(list, id);
    if (at >= 0) return list.splice(at, 1)[0];
  }
  return undefined;
}

/** LRU, FIFO: one list, oldest first. */
export function naiveList(capacity: number, moveOnHit: boolean): NaiveCache {
  const held: Entry[] = [];
  return {
    ids: () => held.map(({ id }) => id),
    access(id, size) {
      const at = find(held, id);
      if (at >= 0) {
        if (moveOnHit) held.push(...held.splice(at, 1));
        return true;
      }
      if (size > capacity) return false;
      while (total(held) + size > capacity) held.shift();
      held.push({ id, size });
      return false;
    },
  };
}

/** LFU, perfect LFU, GDSF: the entry of least value leaves, ties by least recent use. */
export function naiveValued(capacity: number, kind: 'lfu' | 'lfu-perfect' | 'gdsf'): NaiveCache {
  let held: (Entry & { uses: number; value: number })[] = [];
  const uses: Record<number, number> = {};
  let inflation = 0;
  return {
    ids: () => held.map(({ id }) => id),
    access(id, size) {
      uses[id] = (uses[id] ?? 0) + 1;
      const old = held.find((entry) => entry.id === id);
      held = held.filter((entry) => entry.id !== id);
      const hit = old !== undefined;
      const inCache = (old?.uses ?? 0) + 1;
      if (size > capacity) return false;
      while (total(held) + size > capacity) {
        const least = Math.min(...held.map(({ value }) => value));
        const gone = held.find(({ value }) => value === least)!;
        held = held.filter((entry) => entry !== gone);
        inflation = Math.max(inflation, gone.value);
      }
      const value = kind === 'lfu' ? inCache : kind === 'lfu-perfect' ? uses[id] : inflation + inCache * (1 / size);
      held.push({ id, size, uses: inCache, value });
      return hit;
    },
  };
}

/** S3-FIFO, Algorithm 1 of the paper; head of a queue = end of the array. Ghosts hold as many bytes as the main queue may. */
export function naiveS3Fifo(capacity: number): NaiveCache {
  const small: Entry[] = [];
  const main: Entry[] = [];
  let ghosts: Entry[] = [];
  const freq: Record<number, number> = {};
  const evictMain = (): void => {
    while (main.length > 0) {
      const tail = main.shift()!;
      if (freq[tail.id] === 0) return;
      freq[tail.id]--;
      main.push(tail);
    }
  };
  const evictSmall = (): boolean => {
    while (small.length > 0) {
      const tail = small.shift()!;
      if (freq[tail.id] > 1) {
        freq[tail.id] = 0;
        main.push(tail);
        continue;
      }
      ghosts.push(tail);
      while (total(ghosts) > capacity - 0.1 * capacity) ghosts.shift();
      return true;
    }
    return false;
  };
  return {
    ids: () => [...small, ...main].map(({ id }) => id),
    access(id, size) {
      if (find(small, id) >= 0 || find(main, id) >= 0) {
        freq[id] = Math.min(3, freq[id] + 1);
        return true;
      }
      if (size > capacity) return false;
      while (total(small) + total(main) + size > capacity) {
        if (total(small) >= 0.1 * capacity) {
          if (!evictSmall()) evictMain();
        } else if (main.length > 0) evictMain();
        else evictSmall();
      }
      freq[id] = 0;
      const known = find(ghosts, id) >= 0;
      ghosts = ghosts.filter((ghost) => ghost.id !== id);
      (known ? main : small).push({ id, size });
      return false;
    },
  };
}

/** ARC for entries of size 1, Fig. 4 of the paper, case by case; most recent = end of the array. */
export function naiveUnitArc(c: number): NaiveCache {
  const t1: Entry[] = [];
  const t2: Entry[] = [];
  const b1: Entry[] = [];
  const b2: Entry[] = [];
  let p = 0;
  const replace = (inB2: boolean): void => {
    if (t1.length >= 1 && ((inB2 && t1.length === p) || t1.length > p)) b1.push(t1.shift()!);
    else b2.push(t2.shift()!);
  };
  return {
    ids: () => [...t1, ...t2].map(({ id }) => id),
    access(id) {
      if (c === 0) return false;
      const hit = take([t1, t2], id);
      if (hit !== undefined) {
        t2.push(hit);
        return true;
      }
      if (find(b1, id) >= 0) {
        p = Math.min(c, p + Math.max(1, b2.length / b1.length));
        replace(false);
        t2.push(take([b1], id)!);
        return false;
      }
      if (find(b2, id) >= 0) {
        p = Math.max(0, p - Math.max(1, b1.length / b2.length));
        replace(true);
        t2.push(take([b2], id)!);
        return false;
      }
      if (t1.length + b1.length === c) {
        if (t1.length < c) {
          b1.shift();
          replace(false);
        } else t1.shift();
      } else if (t1.length + t2.length + b1.length + b2.length >= c) {
        if (t1.length + t2.length + b1.length + b2.length === 2 * c) b2.shift();
        replace(false);
      }
      t1.push({ id, size: 1 });
      return false;
    },
  };
}

/** ARC in bytes: as stated at `Arc`. */
export function naiveArc(c: number): NaiveCache {
  const t1: Entry[] = [];
  const t2: Entry[] = [];
  const b1: Entry[] = [];
  const b2: Entry[] = [];
  let p = 0;
  const trim = (): void => {
    while (total(t1) + total(b1) > c && b1.length > 0) b1.shift();
    while (total(t1) + total(t2) + total(b1) + total(b2) > 2 * c && b2.length > 0) b2.shift();
  };
  return {
    ids: () => [...t1, ...t2].map(({ id }) => id),
    access(id, size) {
      const hit = take([t1, t2], id);
      if (hit !== undefined) {
        t2.push(hit);
        trim();
        return true;
      }
      if (size > c) return false;
      const inB1 = find(b1, id) >= 0;
      const inB2 = find(b2, id) >= 0;
      if (inB1) p = Math.min(c, p + size * Math.max(1, total(b2) / total(b1)));
      if (inB2) p = Math.max(0, p - size * Math.max(1, total(b1) / total(b2)));
      while (total(t1) + total(t2) + size > c) {
        const preferRecent = total(t1) > p || (inB2 && total(t1) === p);
        if (t2.length === 0 || (preferRecent && t1.length > 0)) b1.push(t1.shift()!);
        else b2.push(t2.shift()!);
      }
      take([b1, b2], id);
      (inB1 || inB2 ? t2 : t1).push({ id, size });
      trim();
      return false;
    },
  };
}

/** W-TinyLFU over exact counts: as stated at `WTinyLfu`. */
export function naiveWTinyLfu(capacity: number, windowShare: number, protectedShare: number): NaiveCache {
  const window: Entry[] = [];
  const probation: Entry[] = [];
  const guarded: Entry[] = [];
  const uses: Record<number, number> = {};
  return {
    ids: () => [...window, ...probation, ...guarded].map(({ id }) => id),
    access(id, size) {
      uses[id] = (uses[id] ?? 0) + 1;
      const inWindow = take([window], id);
      if (inWindow !== undefined) {
        window.push(inWindow);
        return true;
      }
      const inMain = take([probation, guarded], id);
      if (inMain !== undefined) {
        guarded.push(inMain);
        while (guarded.length > 1 && total(guarded) > protectedShare * (1 - windowShare) * capacity) probation.push(guarded.shift()!);
        return true;
      }
      if (size > capacity) return false;
      const candidates: Entry[] = [];
      while (window.length > 0 && total(window) + size > windowShare * capacity) {
        const pushed = window.shift()!;
        probation.push(pushed);
        candidates.push(pushed);
      }
      while (total(window) + total(probation) + total(guarded) + size > capacity) {
        const resident = [...probation, ...guarded, ...window][0];
        const candidate = candidates.shift();
        const gone = candidate === undefined || (candidate !== resident && uses[candidate.id] > uses[resident.id]) ? resident : candidate;
        // A candidate that goes as somebody's resident contends no more.
        if (find(candidates, gone.id) >= 0) candidates.splice(find(candidates, gone.id), 1);
        take([probation, guarded, window], gone.id);
      }
      window.push({ id, size });
      return false;
    },
  };
}
