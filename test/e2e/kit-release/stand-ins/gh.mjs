/**
 * GitHub's command line as release.yml uses it, over a bare repository (ORIGIN) and a folder of releases (RELEASES):
 * drafts, assets, immutable once published, refs by the REST API. https://cli.github.com/manual/
 * A file `dies` there says after which of its calls that change something the runner is gone: the effect stays.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const { ORIGIN, RELEASES } = process.env;
const words = process.argv.slice(2);

class Refused extends Error {}

function option(name) {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return words[at].includes('=') ? words[at].slice(name.length + 1) : words[at + 1];
}
const git = (...args) =>
  execFileSync('git', ['--git-dir', ORIGIN, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
function refOf(name) {
  try {
    return git('rev-parse', '--verify', `${name}^{commit}`);
  } catch {
    return undefined;
  }
}

const fileOf = (tag) => join(RELEASES, `${tag}.json`);
function release(tag) {
  if (!existsSync(fileOf(tag))) throw new Refused('release not found');
  return JSON.parse(readFileSync(fileOf(tag), 'utf8'));
}
const save = (tag, value) => writeFileSync(fileOf(tag), JSON.stringify(value));
const assets = (tag) => join(RELEASES, tag);

/** After a change: this was the last thing that the runner did. */
function changed() {
  const file = join(RELEASES, 'dies');
  if (!existsSync(file)) return;
  const left = Number(readFileSync(file, 'utf8')) - 1;
  writeFileSync(file, String(left));
  if (left <= 0) throw new Refused('the runner is gone');
}

function releaseCommand([verb, tag, ...files]) {
  switch (verb) {
    case 'view':
      return String(release(tag).isDraft);
    case 'create':
      if (refOf(`refs/tags/${tag}`) === undefined) throw new Refused(`tag ${tag} doesn't exist in the repo`);
      if (existsSync(fileOf(tag)) && !release(tag).isDraft)
        throw new Refused('a release with the same tag name already exists');
      mkdirSync(assets(tag), { recursive: true });
      save(tag, { isDraft: words.includes('--draft'), notes: readFileSync(option('--notes-file'), 'utf8') });
      return changed();
    case 'upload':
      if (!release(tag).isDraft) throw new Refused('HTTP 422: Cannot upload assets to an immutable release.');
      for (const file of files.filter((word) => !word.startsWith('--'))) {
        const to = join(assets(tag), basename(file));
        if (existsSync(to) && !words.includes('--clobber'))
          throw new Refused(`asset under the same name already exists: ${basename(file)}`);
        copyFileSync(file, to);
        changed();
      }
      return undefined;
    case 'edit':
      save(tag, { ...release(tag), isDraft: option('--draft') !== 'false' });
      return changed();
    case 'download': {
      release(tag);
      const found = readdirSync(assets(tag)).find((name) => name.endsWith(option('--pattern').slice(1)));
      if (found === undefined) throw new Refused('no assets match the file pattern');
      return void copyFileSync(join(assets(tag), found), option('--output'));
    }
    default:
      throw new Refused(`the stand-in knows no release ${verb}`);
  }
}

function field(name) {
  const given = words.find((word) => word.startsWith(`${name}=`));
  return given?.slice(name.length + 1);
}

function api(path) {
  const method = option('--method') ?? 'GET';
  const [, tag] = /^repos\/[^/]+\/[^/]+\/git\/refs?\/(tags\/[^/]+)$/.exec(path) ?? [];
  if (method === 'GET' && tag !== undefined) {
    const sha = refOf(`refs/${tag}`);
    if (sha === undefined) throw new Refused('gh: Not Found (HTTP 404)');
    return sha;
  }
  if (method === 'PATCH' && tag !== undefined) {
    if (refOf(`refs/${tag}`) === undefined) throw new Refused('gh: Reference does not exist (HTTP 422)');
    if (field('force') !== 'true') throw new Refused('gh: Update is not a fast forward (HTTP 422)');
    git('update-ref', `refs/${tag}`, field('sha'));
    return changed();
  }
  if (method === 'POST' && /\/git\/refs$/.test(path)) {
    if (refOf(field('ref')) !== undefined) throw new Refused('gh: Reference already exists (HTTP 422)');
    git('update-ref', field('ref'), field('sha'));
    return changed();
  }
  throw new Refused(`the stand-in knows no ${method} ${path}`);
}

try {
  if (!process.env.GH_TOKEN) throw new Refused('set the GH_TOKEN environment variable');
  const path = words.find((word) => word.startsWith('repos/'));
  const told = words[0] === 'release' ? releaseCommand(words.slice(1)) : api(path);
  if (told !== undefined) console.log(told);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(error.message);
  process.exit(1);
}
