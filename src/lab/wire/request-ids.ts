/** Request ids in AWS's form that count up, so that two equal runs answer with equal ids. */
export function createRequestIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    const digits = count.toString(16).padStart(12, '0');
    return `00000000-0000-4000-8000-${digits}`;
  };
}
