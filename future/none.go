package future

// None is the result of what has none: Future[None], Task[None]. Packages executor and
// loop have it under the same name; it is one type, and its one value is None{}. It
// stands for the None that a function without a return statement returns in Python.
type None = struct{}
