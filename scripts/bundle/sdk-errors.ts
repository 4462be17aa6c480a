/**
 * The AWS SDK's clients register every error of their service (Systems Manager has over a hundred for one
 * operation that is called here), and what is registered cannot be shaken off. Registered stay the errors
 * that the operations of src/aws/operations.ts document. Another one, should AWS ever answer it, arrives as
 * the service's base exception with its own name, code and message, which is all that the kit reads
 * (src/aws/sdk/sender.ts).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import type { ListedOperation } from './operations.ts';

const indexFile = /node_modules\/@aws-sdk\/client-[\w-]+\/dist-es\/index\.js$/;
const schemasFile = /node_modules\/@aws-sdk\/(client-[\w-]+)\/dist-es\/schemas\/schemas_0\.js$/;
const registration = /^\w+_registry\.registerError\((\w+)\$, \w+\);\n/gm;

/** Names of the errors that an operation documents, off the SDK's declarations. */
export function documentedErrors(packageFolder: string, operation: string): readonly string[] {
  const file = join(packageFolder, `dist-types/commands/${operation}Command.d.ts`);
  if (!existsSync(file)) throw new Error(`${packageFolder} has no ${operation}Command.`);
  const names = [...readFileSync(file, 'utf8').matchAll(/@throws \{@link (\w+)\}/g)].map(([, name]) => name!);
  // Each names its service's base exception at least.
  if (names.length === 0) throw new Error(`${file} documents no error: is it written in another way now?`);
  return names;
}

/** The text of a client's schemas without the errors that are not in `keep`; the base exception stays. */
export function withoutErrors(schemas: string, keep: ReadonlySet<string>): string {
  let found = 0;
  const left = schemas.replace(registration, (line, name: string) => {
    found++;
    return keep.has(name) || name.endsWith('ServiceException') ? line : '';
  });
  if (found === 0) throw new Error('No error is registered: are schemas written in another way now?');
  return left;
}

export function leaveOutUndocumentedErrors(root: string, operations: readonly ListedOperation[]): Plugin {
  return {
    name: 'leave-out-undocumented-errors',
    transform: {
      filter: { id: schemasFile },
      handler(code, id) {
        const client = `@aws-sdk/${schemasFile.exec(id)![1]}`;
        const keep = operations
          .filter((each) => each.client === client)
          .flatMap(({ operation }) => documentedErrors(join(root, 'node_modules', client), operation));
        return { code: withoutErrors(code, new Set(keep)), map: null };
      },
    },
  };
}

/** For the lab, which reads the shapes of a client and never sends: neither commands nor classes of errors. */
export function schemasAlone(): Plugin {
  return {
    name: 'schemas-alone',
    transform: {
      filter: { id: [indexFile, schemasFile] },
      handler(code, id) {
        if (schemasFile.test(id)) return { code: withoutErrors(code, new Set()), map: null };
        const line = 'export * from "./schemas/schemas_0";\n';
        if (!code.includes(line)) throw new Error(`${id} exports its schemas in another way now.`);
        return { code: line, map: null };
      },
    },
  };
}
