// Whether two decisions are the same, field for field; for loops that are long.

export function same(one, other) {
  return (
    Object.keys(one).length === 6 &&
    ["decision", "reason", "status", "message", "generation"].every((field) => one[field] === other[field]) &&
    (one.remedy === null
      ? other.remedy === null
      : other.remedy !== null && ["who", "do", "text"].every((field) => one.remedy[field] === other.remedy[field]))
  );
}
