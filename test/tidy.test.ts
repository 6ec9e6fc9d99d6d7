/** What linters miss: names, dumping grounds, unfinished words, leaks, and docs that point nowhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const sources = tracked.filter((path) => path.endsWith('.ts') && path !== 'test/tidy.test.ts');
const core = sources.filter((path) => /^(sim|kv|protocols|workloads)\//.test(path));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Lines of these files that match, as `path:line: text`. */
function matches(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}

describe('tidy', () => {
  it('has no dumping-ground file names', () => {
    expect(sources.filter((path) => /(^|\/)(utils?|helpers?|common|types|misc)(\.|\/)/.test(path))).toEqual([]);
  });

  it('names files in kebab-case', () => {
    const named = sources.filter((path) => !/\/?[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(path));
    expect(named).toEqual([]);
  });

  it('leaves no unfinished work in the sources', () => {
    expect(matches(sources, /\b(TODO|FIXME|XXX|HACK)\b|not implemented|\bfor now\b/i)).toEqual([]);
  });

  it('focuses no test', () => {
    expect(matches(sources, /\b(it|test|describe)\.only\(/)).toEqual([]);
  });

  it('keeps the core free of node modules, clocks and powers, dynamic forms included', () => {
    expect(matches(core, /from 'node:|import\('node:|require\(|Date\.now|new Date\b|performance\.now|Math\.(random|pow)\b/)).toEqual([]);
  });

  it('uses no rounding that depends on the locale', () => {
    expect(matches(core, /toLocale|Intl\./)).toEqual([]);
  });

  it('explains every core file: a comment at its head, or on each function and class that it exports', () => {
    const bare = core.flatMap((path) => {
      const lines = read(path).split('\n');
      if (lines.find((line) => !line.startsWith('import') && line !== '')?.startsWith('/**') === true) return [];
      return lines.flatMap((line, i) => {
        if (!/^export (abstract )?(function|class)\b/.test(line)) return [];
        return /\*\/\s*$|^\s*\/\//.test(lines[i - 1] ?? '') ? [] : [`${path}:${i + 1}: ${line.trim()}`];
      });
    });
    expect(bare).toEqual([]);
  });

  it('keeps private hosts out of package-lock.json', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved"/);
  });

  it('has no broken relative link in its Markdown', () => {
    const broken = tracked
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) =>
        [...read(path).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
          .map((match) => match[1])
          .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(path), target)))
          .map((target) => `${path}: ${target}`),
      );
    expect(broken).toEqual([]);
  });
});
