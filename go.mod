module oxrtmp

go 1.25
