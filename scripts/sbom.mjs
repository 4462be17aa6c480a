// The list of what users get, as CycloneDX: `node scripts/sbom.mjs > FILE`, in the folder of package.json.
// `npm sbom --omit=dev` also leaves out what the tools need besides us; each package says by its scope what it is.
import { spawnSync } from 'node:child_process';

const made = spawnSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (made.status !== 0) process.exit(made.status ?? 1);
const bom = JSON.parse(made.stdout);
const components = bom.components.filter(({ scope }) => scope === 'required');
const refs = new Set([bom.metadata.component['bom-ref'], ...components.map((each) => each['bom-ref'])]);
const dependencies = (bom.dependencies ?? [])
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
process.stdout.write(`${JSON.stringify({ ...bom, components, dependencies }, undefined, 2)}\n`);
