/** The list of src/aws/operations.ts, and whether bundles hold just its commands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ListedOperation {
  /** Package of the client: `@aws-sdk/client-ecs`. */
  readonly client: string;
  /** `UpdateService` */
  readonly operation: string;
}

const importLine = /^import type \* as (\w+) from '(@aws-sdk\/client-[\w-]+)';$/gm;
const operationLine = /^ {2}'[\w-]+:(\w+)': Op<\s*(\w+)\.(\w+)CommandInput/gm;
const commandFile = /node_modules\/(@aws-sdk\/client-[\w-]+)\/dist-es\/commands\/(\w+)Command\.js$/;

export function listedOperations(root: string): readonly ListedOperation[] {
  const text = readFileSync(join(root, 'src/aws/operations.ts'), 'utf8');
  const clients = new Map([...text.matchAll(importLine)].map(([, alias, client]) => [alias!, client!]));
  return [...text.matchAll(operationLine)].map(([, operation, alias, command]) => {
    const client = clients.get(alias!);
    if (client === undefined || command !== operation) {
      throw new Error(`src/aws/operations.ts: ${operation} has the type ${alias}.${command}CommandInput.`);
    }
    return { client, operation: operation! };
  });
}

/**
 * Fails where the modules of the bundles lack the command of a listed operation (it would be found out in
 * the middle of a deployment), or hold another one (its errors are left out, and no policy allows it).
 */
export function expectJustTheseCommands(
  listed: readonly ListedOperation[],
  modules: readonly string[],
): void {
  const wanted = new Set(listed.map(({ client, operation }) => `${client} ${operation}`));
  const bundled = new Set(
    modules.flatMap((id) => {
      const [, client, operation] = commandFile.exec(id) ?? [];
      return client === undefined ? [] : [`${client} ${operation}`];
    }),
  );
  const lacking = [...wanted].filter((each) => !bundled.has(each));
  const beyond = [...bundled].filter((each) => !wanted.has(each));
  const problems = [
    ...lacking.map((each) => `${each} is in src/aws/operations.ts, and no bundle has it (see src/aws/sdk).`),
    ...beyond.map((each) => `${each} is in a bundle, and src/aws/operations.ts does not list it.`),
  ];
  if (problems.length > 0) throw new Error(problems.sort().join('\n'));
}
