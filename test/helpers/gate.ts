/** A handler that says with what it has been entered, and gives the answer when it is released. */
export interface HandlerGate<Q, A> {
  readonly handler: (question: Q) => Promise<A>
  readonly entered: Promise<Q>
  readonly release: () => void
}

export function handlerGate<Q, A>(answer: (question: Q) => A): HandlerGate<Q, A> {
  let enter: (question: Q) => void = () => {}
  let release = (): void => {}
  const entered = new Promise<Q>(resolve => (enter = resolve))
  const released = new Promise<void>(resolve => (release = resolve))
  const handler = async (question: Q): Promise<A> => {
    enter(question)
    await released
    return answer(question)
  }
  return { handler, entered, release: () => release() }
}
