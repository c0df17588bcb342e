package executor

// PretendComing makes the pool believe that so many workers are on their way.
func (p *ThreadPool) PretendComing(n int32) { p.coming.Store(n) }
