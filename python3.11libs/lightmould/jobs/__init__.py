"""Running a job: steps in order, programs under guard, one growing log; what is done stays done."""
