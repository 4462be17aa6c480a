/** `per_page` (1 to 100, 30 where left out) and `page` (from 1), as GitHub reads them. */
export function paged<T>(items: readonly T[], query: Readonly<Record<string, string>>): readonly T[] {
  const size = Math.min(100, Math.max(1, Number(query['per_page'] ?? 30) || 30));
  const page = Math.max(1, Number(query['page'] ?? 1) || 1);
  return items.slice((page - 1) * size, page * size);
}
