import { Button, type ButtonProps } from '@mantine/core';

interface MoreButtonProps extends Pick<ButtonProps, 'mt'> {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  children: string;
}

/** Asks for the next page of a list, as long as there is one. */
export function MoreButton({ query, children, mt }: MoreButtonProps) {
  return (
    query.hasNextPage && (
      <Button mt={mt} loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {children}
      </Button>
    )
  );
}
