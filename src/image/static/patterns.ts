/**
 * Patterns of paths: those of `.dockerignore` (with `**` and `!`) and of COPY sources. Go's filepath.Match is the
 * measure, which both follow. Pure.
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */

export interface IgnoreRules {
  /** `path` is relative to the context, with `/`. */
  isIgnored(path: string): boolean;
  /** Whether something below an ignored directory may be taken back by a `!` line. */
  mayHoldExceptions(directory: string): boolean;
}

interface Rule {
  readonly pattern: RegExp;
  readonly text: string;
  readonly negated: boolean;
}

export function parseIgnoreFile(text: string): IgnoreRules {
  const rules: Rule[] = [];
  for (const raw of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    if (raw.startsWith('#')) continue;
    const line = raw.trim();
    if (line === '' || line === '!') continue;
    const negated = line.startsWith('!');
    const path = cleanPattern(negated ? line.slice(1).trim() : line);
    if (path === '' || path === '.') continue;
    rules.push({ pattern: globToRegExp(path, true), text: path, negated });
  }
  return {
    isIgnored(path) {
      let ignored = false;
      for (const rule of rules) {
        if (rule.negated === !ignored) continue;
        if (matchesSelfOrParent(rule.pattern, path)) ignored = !rule.negated;
      }
      return ignored;
    },
    mayHoldExceptions(directory) {
      return rules.some(
        (rule) => rule.negated && (rule.text.includes('*') || rule.text.startsWith(`${directory}/`)),
      );
    },
  };
}

function matchesSelfOrParent(pattern: RegExp, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (pattern.test(path.slice(0, end))) return true;
  }
  return false;
}

/** Without `./`, doubled or outer slashes, and with `..` resolved. */
export function cleanPattern(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

export function hasWildcard(path: string): boolean {
  return /[*?[]/.test(path);
}

/** `*` and `?` stop at slashes; `**` (where allowed) does not. */
export function globToRegExp(glob: string, doubleStar: boolean): RegExp {
  let source = '';
  for (let index = 0; index < glob.length; index++) {
    const char = glob[index]!;
    if (char === '*' && doubleStar && glob[index + 1] === '*') {
      index++;
      if (glob[index + 1] === '/') {
        index++;
        source += '(?:.*/)?';
      } else source += '.*';
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const end = glob.indexOf(']', index + 2);
      if (end < 0) throw new Error(`the pattern ${glob} has a [ that is not closed`);
      const inner = glob.slice(index + 1, end).replace(/[\\\]]/g, '\\$&');
      source += `[${inner}]`;
      index = end;
    } else if (char === '\\' && index + 1 < glob.length) source += escapeRegExp(glob[++index]!);
    else source += escapeRegExp(char);
  }
  return new RegExp(`^${source}$`);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
