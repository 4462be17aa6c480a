// `npm run docs`: the input and output tables of the action READMEs, from each action.yml, and the IAM
// policies of docs/iam, from what each action calls. `--check` changes nothing and fails where one is stale.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateActionMarkdownDocs } from 'action-docs';
import { callsAws, operationsOf, policyOf } from './iam/policies.ts';
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
for (const name of readdirSync(join(root, 'actions')).filter((each) => callsAws(root, each))) {
  const path = join('docs', 'iam', `${name}.json`);
  const policy = JSON.stringify(await policyOf(name, await operationsOf(root, name)));
  const formatted = spawnSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${path}`], {
    input: policy,
    encoding: 'utf8',
  });
  if (formatted.status !== 0) throw new Error(formatted.stderr);
  if (existsSync(path) && readFileSync(path, 'utf8') === formatted.stdout) continue;
  stale++;
  console.log(`${path}${check ? ' is not what the action calls: run "npm run docs"' : ' written'}`);
  if (!check) writeFileSync(path, formatted.stdout);
}
process.exit(check && stale > 0 ? 1 : 0);
