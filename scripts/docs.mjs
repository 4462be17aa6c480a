// `npm run docs`: the input and output tables of the action READMEs, from each action.yml.
// `--check` changes nothing and fails where a README is not what its action.yml says.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateActionMarkdownDocs } from 'action-docs';
import { root } from './node24.mjs';

process.chdir(root);
const check = process.argv.includes('--check');
let stale = 0;
for (const name of readdirSync(join(root, 'actions'))) {
  const readme = join('actions', name, 'README.md');
  const before = readFileSync(readme, 'utf8');
  await generateActionMarkdownDocs({
    sourceFile: join('actions', name, 'action.yml'),
    updateReadme: true,
    readmeFile: readme,
    tocLevel: 2,
    lineBreaks: 'LF',
  });
  const after = readFileSync(readme, 'utf8');
  if (before === after) continue;
  stale++;
  console.log(`${readme}${check ? ' is not what its action.yml says: run "npm run docs"' : ' written'}`);
  if (check) writeFileSync(readme, before);
}
process.exit(check && stale > 0 ? 1 : 0);
